import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Runs a script that writes dots, and kills it with SIGKILL once it has written so many. Resolves when it is gone. */
export function killAfterDots(script: URL, args: readonly string[], dots: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [fileURLToPath(script), ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
    let seen = 0;
    child.stdout.on('data', (chunk: Buffer) => {
      seen += chunk.length;
      if (seen >= dots) child.kill('SIGKILL');
    });
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (signal === 'SIGKILL') resolve();
      else reject(new Error(`${script.pathname} ended by itself with ${code ?? signal} after ${seen} dots.`));
    });
  });
}
