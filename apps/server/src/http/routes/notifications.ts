import { NotificationId } from '@yardmaster/domain';
import { type Request, type Response, Router } from 'express';
import { requireViewer, visible } from '../../auth/viewer.ts';
import type { GatewayParts } from '../../gateway-parts.ts';
import { parseId, rejectionProblem } from '../problem-details.ts';
import { settleWrite } from '../read-your-writes.ts';
import { userEnvelope } from './jobs.ts';

/** A user's notifications. Reading and deleting them are events of the user's own stream. */
export function notificationRoutes({ actors, readModels }: GatewayParts): Router {
  const router = Router();

  router.get('/user/notifications', (_req, res) => {
    res.json(readModels.notifications(requireViewer(res).id));
  });

  router.patch('/user/notifications/read-all', async (_req, res) => {
    await handle(res, { type: 'ReadAllNotifications' });
  });

  router.patch('/user/notifications/:id/read', async (req, res) => {
    await handle(res, { type: 'ReadNotification', notificationId: find(req, res) });
  });

  router.delete('/user/notifications/:id', async (req, res) => {
    await handle(res, { type: 'DeleteNotification', notificationId: find(req, res) });
  });

  return router;

  function find(req: Request, res: Response): NotificationId {
    const id = parseId(NotificationId, req.params.id, 'notification');
    const { id: userId } = requireViewer(res);
    visible(readModels.notification(userId, id), () => true, 'notification');
    return id;
  }

  async function handle(res: Response, command: Parameters<typeof actors.user.handle>[1]): Promise<void> {
    const result = await actors.user.handle(requireViewer(res).id, command, userEnvelope(res));
    if (!result.ok) throw rejectionProblem(result.rejection);
    await settleWrite(readModels, res, result.position);
    res.json({ success: true });
  }
}
