export const subprotocol = 'everdial.agent.v1';

export interface SocketEvents {
  opened: () => void;
  said: (text: string) => void;
  closed: (code: number, reason: string) => void;
}

export interface Socket {
  send(text: string): void;
  close(code?: number): void;
  /** Bytes given to it that have not left. */
  waiting(): number;
}

/** The one seam to the network; tests have their own. */
export type OpenSocket = (address: string, events: SocketEvents) => Socket;

export const openWebSocket: OpenSocket = (address, { opened, said, closed }) => {
  const socket = new WebSocket(address, subprotocol);
  socket.onopen = opened;
  socket.onmessage = ({ data }) => typeof data === 'string' && said(data);
  socket.onclose = ({ code, reason }) => closed(code, reason);
  return {
    send: (text) => socket.send(text),
    close: (code = 1000) => socket.close(code),
    waiting: () => socket.bufferedAmount,
  };
};
