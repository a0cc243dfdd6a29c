import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';

// A process of its own: the least that a WebSocket message there and back can cost.
const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false });
server.on('connection', (socket) => socket.on('message', (data) => socket.send(data, { binary: false })));
server.on('listening', () => {
  process.send?.((server.address() as AddressInfo).port);
});
process.once('disconnect', () => process.exit(0));
