import { Button } from '@mantine/core';
import { useRef, useState, type DragEvent } from 'react';
import { UploadIcon } from '../icons';
import classes from './DropArea.module.css';

/** Takes one CSV file, dropped or picked. */
export function DropArea({ hint, busy, onFile }: { hint: string; busy: boolean; onFile: (file: File) => void }) {
  const input = useRef<HTMLInputElement>(null);
  const [over, setOver] = useState(false);
  const [complaint, setComplaint] = useState('');

  const take = (files: FileList | null) => {
    const file = files?.[0];
    if (!file) return;
    if (files.length > 1) return setComplaint('One file at a time, please.');
    if (file.size === 0) return setComplaint(`${file.name} is empty.`);
    setComplaint('');
    onFile(file);
  };
  const drop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    take(event.dataTransfer.files);
  };

  return (
    <div
      className={classes.area}
      data-over={over || undefined}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
    >
      <input
        ref={input}
        type="file"
        accept=".csv,.txt,.tsv,text/csv,text/plain"
        hidden
        onChange={(event) => {
          take(event.currentTarget.files);
          event.currentTarget.value = '';
        }}
      />
      <Button variant="default" leftSection={<UploadIcon />} loading={busy} onClick={() => input.current?.click()}>
        Choose a CSV file
      </Button>
      <span>or drop it here. {hint}</span>
      <span role="alert" className={classes.complaint}>
        {complaint}
      </span>
    </div>
  );
}
