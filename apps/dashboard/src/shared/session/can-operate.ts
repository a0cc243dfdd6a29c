import type { Viewer } from '../api/api.ts';

/** Whether somebody may look after the builds of others, as operators and administrators do. The server decides; this shows. */
export const canOperate = ({ role }: Pick<Viewer, 'role'>): boolean => role !== 'user';
