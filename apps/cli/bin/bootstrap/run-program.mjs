import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Of what a program says only the end is kept, for the message when it fails. */
const MAX_OUTPUT_BYTES = 256 * 1024;

/**
 * Runs a program to its end and returns what it said (both streams, the last 256 KiB) with its exit code.
 * A program that cannot be started has exit code 127.
 *
 * @param {string} file
 * @param {readonly string[]} args
 * @param {{ readonly cwd?: string, readonly env?: NodeJS.ProcessEnv }} [options]
 * @returns {Promise<{ readonly code: number, readonly output: string, readonly stdout: string }>}
 */
export function runProgram(file, args, options = {}) {
  return new Promise((resolve) => {
    const child = spawn(file, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    let stdout = '';
    child.stdout.setEncoding('utf8').on('data', (chunk) => {
      output = (output + chunk).slice(-MAX_OUTPUT_BYTES);
      stdout = (stdout + chunk).slice(-MAX_OUTPUT_BYTES);
    });
    child.stderr.setEncoding('utf8').on('data', (chunk) => {
      output = (output + chunk).slice(-MAX_OUTPUT_BYTES);
    });
    child.on('error', (error) => resolve({ code: 127, output: `${output}${error.message}`, stdout }));
    child.on('close', (code, signal) => resolve({ code: code ?? (signal === null ? 1 : 128), output, stdout }));
  });
}

/**
 * The first program of that name on the PATH, or null.
 *
 * @param {string} name
 * @param {string} [path]
 */
export function findOnPath(name, path = process.env.PATH ?? '') {
  for (const directory of path.split(delimiter)) {
    if (directory === '') continue;
    const file = join(directory, name);
    try {
      accessSync(file, constants.X_OK);
      return file;
    } catch {
      // not in this directory
    }
  }
  return null;
}
