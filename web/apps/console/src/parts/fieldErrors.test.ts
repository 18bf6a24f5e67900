import { ApiError } from '@everdial/api-client';
import { expect, test } from 'vitest';
import { fieldErrors } from './fieldErrors';

test("the server's pointers become paths of fields", () => {
  const errors = [
    { pointer: '/strategy/retries/call_busy/delay_s', detail: 'too long' },
    { pointer: '/a~1b~0c', detail: 'odd' },
    { pointer: '?cursor', detail: 'not of the body' },
  ];
  expect(fieldErrors(new ApiError(400, 'Wrong', '', errors, undefined))).toEqual({ 'strategy.retries.call_busy.delay_s': 'too long', 'a/b~c': 'odd' });
});
