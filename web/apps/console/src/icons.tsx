import type { ReactNode } from 'react';

const icon = (drawing: ReactNode) => () => (
  <svg width="16" height="16" viewBox="0 0 16 16" fill="none" stroke="currentColor" strokeWidth="1.6" strokeLinecap="round" strokeLinejoin="round" aria-hidden>
    {drawing}
  </svg>
);

export const PlayIcon = icon(<path d="M4.5 3v10l8-5z" fill="currentColor" />);
export const PauseIcon = icon(<path d="M5.5 3.5v9M10.5 3.5v9" strokeWidth="2.4" />);
export const StopIcon = icon(<rect x="4" y="4" width="8" height="8" rx="1" fill="currentColor" />);
export const UploadIcon = icon(<path d="M8 11V3M4.5 6 8 2.5 11.5 6M3 10.5V13h10v-2.5" />);
export const DownloadIcon = icon(<path d="M8 2.5v8M4.5 7.5 8 11l3.5-3.5M3 13.5h10" />);
export const SunIcon = icon(<><circle cx="8" cy="8" r="3" /><path d="M8 1.5v1M8 13.5v1M1.5 8h1M13.5 8h1M3.4 3.4l.7.7M11.9 11.9l.7.7M3.4 12.6l.7-.7M11.9 4.1l.7-.7" /></>);
export const MoonIcon = icon(<path d="M13 9.5A5.5 5.5 0 0 1 6.5 3 5.5 5.5 0 1 0 13 9.5z" />);
export const AutoIcon = icon(<><circle cx="8" cy="8" r="5.5" /><path d="M8 2.5a5.5 5.5 0 0 1 0 11z" fill="currentColor" /></>);
export const BellIcon = icon(<path d="M4 11V7a4 4 0 0 1 8 0v4l1 1.5H3zM6.5 14.5h3" />);
export const MoreIcon = icon(<path d="M3.5 8h.01M8 8h.01M12.5 8h.01" strokeWidth="2.4" />);
export const PlusIcon = icon(<path d="M8 3v10M3 8h10" />);
