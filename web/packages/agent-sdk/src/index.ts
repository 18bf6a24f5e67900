export { AgentError, errorCodes, type ErrorName } from './errors.js';
export type { Commands, News, Notice, Notices, Questions } from './methods.js';
export type * from './protocol.js';
export {
  AgentSession, browserMemory, type AgentView, type AskOptions, type Memory, type SessionEvents, type SessionOptions, type Ticket,
} from './session.js';
export { openWebSocket, subprotocol, type OpenSocket, type Socket, type SocketEvents } from './socket.js';
export { fetchTicket } from './ticket.js';
