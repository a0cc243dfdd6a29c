// Neither it nor the process it starts ends on SIGTERM.
import { spawn } from 'node:child_process';

process.on('SIGTERM', () => {});
const source = "process.on('SIGTERM', () => {}); process.send('up'); setInterval(() => {}, 1000)";
const grandchild = spawn(process.execPath, ['-e', source], { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
grandchild.once('message', () => {
  console.log(`grandchild ${grandchild.pid}`);
  process.send?.({ type: 'ready' });
});
