import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** More open files of one process than this are not looked at. */
const maxOpenFiles = 4_096;

/**
 * The TCP sockets of this machine that listen: their inodes, each of which names one socket for as long as anything
 * holds it, and their ports. Empty where there is no /proc. Sockets in network namespaces of their own are not seen, and
 * take no port of this machine.
 */
export const readListeningSockets = (): ReadonlyMap<string, number> => {
  const sockets = new Map<string, number>();
  for (const file of ['/proc/net/tcp', '/proc/net/tcp6']) {
    for (const [, port = '', inode = ''] of readOrEmpty(file).matchAll(listening)) {
      sockets.set(inode, Number.parseInt(port, 16));
    }
  }
  return sockets;
};

/** Number, local address, remote address, the state "listen", five fields that say nothing here, inode (proc(5)). */
const listening = /^ *\d+: [0-9A-F]+:([0-9A-F]{4}) [0-9A-F]+:[0-9A-F]{4} 0A (?:\S+ +){5}(\d+) /gm;

/** The inodes of all sockets that a process holds; none when it has ended or is somebody else's. */
export const readSocketsOf = (pid: number): readonly string[] => {
  const folder = `/proc/${pid}/fd`;
  return namesIn(folder)
    .slice(0, maxOpenFiles)
    .flatMap((name) => /^socket:\[(\d+)\]$/.exec(targetOf(`${folder}/${name}`))?.[1] ?? []);
};

const readOrEmpty = (file: string): string => {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return '';
  }
};

const namesIn = (folder: string): readonly string[] => {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
};

const targetOf = (link: string): string => {
  try {
    return readlinkSync(link);
  } catch {
    return '';
  }
};
