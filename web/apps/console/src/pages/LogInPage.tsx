import { bodyOf } from '@everdial/api-client';
import { ErrorPanel } from '@everdial/ui';
import { Button, PasswordInput, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { getRouteApi, useRouter } from '@tanstack/react-router';
import { useEffect, useState, type FormEvent } from 'react';
import { api, queryClient, sessionKey } from '../api';
import classes from './LogInPage.module.css';

const route = getRouteApi('/login');

export function LogInPage() {
  const { next = '/status' } = route.useSearch();
  const router = useRouter();
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  useEffect(() => {
    document.title = 'Log in · Everdial';
  }, []);

  const logIn = useMutation({
    mutationFn: () => bodyOf(api.http.POST('/login', { body: { name, password } })),
    onSuccess: (session) => {
      api.setCsrfToken(session.csrf_token);
      queryClient.clear();
      queryClient.setQueryData(sessionKey, session);
      router.history.replace(next);
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    logIn.mutate();
  };

  return (
    <main className={classes.page}>
      <form className={classes.card} onSubmit={submit}>
        <h1>
          <img src="/favicon.svg" alt="" width="32" height="32" />
          Everdial
        </h1>
        <TextInput label="Name" autoComplete="username" required autoFocus value={name} onChange={(e) => setName(e.currentTarget.value)} />
        <PasswordInput
          label="Password"
          autoComplete="current-password"
          required
          value={password}
          onChange={(e) => setPassword(e.currentTarget.value)}
          visibilityToggleButtonProps={{ 'aria-label': 'Show the password', tabIndex: 0 }}
        />
        <Button type="submit" loading={logIn.isPending} fullWidth>
          Log in
        </Button>
        {logIn.error && <ErrorPanel error={logIn.error} />}
      </form>
    </main>
  );
}
