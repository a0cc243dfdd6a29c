import { createWebsite, requestBuild } from '@yardmaster/application';
import { ArtifactId, defaultPriority, JobId, PreviewMode, WebsiteId, WebsiteName } from '@yardmaster/domain';
import type { UploadAnswer } from '@yardmaster/protocol';
import { type Response, Router } from 'express';
import { z } from 'zod';
import { maySeeWebsite, requireViewer, type Viewer, visible } from '../../auth/viewer.ts';
import type { GatewayParts } from '../../gateway-parts.ts';
import type { UploadTally } from '../../upload/receive-upload.ts';
import { UploadAborted, type UploadRefusal, UploadRefused } from '../../upload/refusal.ts';
import { takeUpload } from '../../upload/take-upload.ts';
import { positionAtIntake } from '../../views/job-view.ts';
import { createIds } from '../idempotency.ts';
import { diskFull, HttpProblem, parseInput, rejectionProblem } from '../problem-details.ts';
import { settleWrite } from '../read-your-writes.ts';
import { SettingsInput } from '../settings-input.ts';
import { userEnvelope } from './jobs.ts';

/** What the event of a refused upload keeps of texts that come from outside. */
const maxRecordedMessage = 1_000;
const maxRecordedName = 255;

const jsonField = z.string().transform((text, context) => {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    context.addIssue({ code: 'custom', message: 'This is no valid JSON.' });
    return z.NEVER;
  }
});

const UploadFields = z
  .object({
    name: WebsiteName.optional(),
    websiteId: WebsiteId.optional(),
    priority: z
      .string()
      .regex(/^[0-9]$/, 'A priority is a whole number from 0 to 9.')
      .transform(Number)
      .default(defaultPriority),
    preview: PreviewMode.refine((mode) => mode === 'static', {
      message: 'Previews by a development server are not there yet: send "static", or leave it out.',
    }).default('static'),
    settings: jsonField.pipe(SettingsInput).optional(),
  })
  .refine(({ name, websiteId }) => name !== undefined || websiteId !== undefined, {
    path: ['name'],
    message: 'Name the website, or send the websiteId of one that there is.',
  });

type Fields = z.output<typeof UploadFields>;

/** Takes in a website's sources and requests a build of them. */
export function uploadRoutes(parts: GatewayParts): Router {
  const { actors, readModels, artifacts, inspector, disk, clock, newId, uploadLimits: limits } = parts;
  const router = Router();

  router.post('/upload', async (req, res) => {
    const viewer = requireViewer(res);
    const idFor = createIds(req, { userId: viewer.id, newId });
    const jobId = JobId.parse(idFor('job'));
    const tally: UploadTally = { fileName: null, sizeBytes: 0 };
    try {
      const {
        fields,
        source,
        prepared: website,
      } = await takeUpload(req, {
        artifacts,
        inspector,
        async artifactIdFor(sha256, accepted: Fields) {
          await checkRepetition(jobId, { sha256, fields: accepted, viewer });
          return ArtifactId.parse(`source-${jobId}-${sha256.slice(0, 16)}`);
        },
        limits,
        checkFields: (given) => checkFields(Object.fromEntries(given), viewer),
        async prepare(accepted) {
          const website = findWebsite(accepted, viewer, WebsiteId.parse(idFor('website')));
          await prepareWebsite(website, jobId, res);
          return website;
        },
        tally,
        async assertRoom(bytes) {
          if (!(await disk.hasRoomFor('upload', bytes))) throw diskFull();
        },
      });
      const requested = await requestBuild(actors, {
        owner: website.owner,
        website: website.target,
        jobId,
        source,
        preview: fields.preview,
        priority: fields.priority,
        ...(fields.settings === undefined ? {} : { settings: fields.settings }),
        correlationId: res.locals.requestId,
      });
      if (!requested.ok) throw rejectionProblem(requested.rejection);
      // Of two requests at one time only now is it known which came first.
      await checkRepetition(jobId, { sha256: source.sha256, fields, viewer }).catch(async (error: unknown) => {
        await removeUnrecorded(jobId, source.artifactId);
        throw error;
      });
      await settleWrite(readModels, res, requested.position);
      const queuePosition = positionAtIntake(readModels, jobId, clock.now().getTime());
      const answer: UploadAnswer = {
        success: true,
        website: { id: requested.websiteId, name: requested.websiteName, type: source.websiteType, buildJobId: jobId },
        queuePosition,
        message: `Build ${requested.buildNumber} of "${requested.websiteName}" is queued at position ${queuePosition}.`,
      };
      res.status(201).location(`${req.baseUrl}/jobs/${jobId}`).json(answer);
    } catch (error) {
      if (error instanceof UploadAborted) return void res.destroy();
      if (!(error instanceof UploadRefused)) throw error;
      await recordRefusal(res, error.refusal, tally);
      throw refusalProblem(error.refusal);
    }
  });

  return router;

  function checkFields(given: unknown, viewer: Viewer) {
    const fields = parseInput(UploadFields, given);
    if (fields.websiteId !== undefined) {
      const mayBuild = (record: { readonly ownerId: Viewer['id']; readonly deleted: boolean }) =>
        !record.deleted && maySeeWebsite(viewer, record);
      visible(readModels.website(fields.websiteId), mayBuild, 'website');
    }
    return fields;
  }

  /** A key that has made a build is good for the same content and website only: nothing sent is dropped silently. */
  async function checkRepetition(
    jobId: JobId,
    { sha256, fields, viewer }: { readonly sha256: string; readonly fields: Fields; readonly viewer: Viewer },
  ): Promise<void> {
    const { request } = (await actors.buildJob.load(jobId)).state.context;
    if (request === null) return;
    const { name, websiteId } = fields;
    const isSameWebsite =
      websiteId === undefined
        ? name === request.websiteName || readModels.websiteByName(viewer.id, name ?? '')?.id === request.websiteId
        : websiteId === request.websiteId;
    if (isSameWebsite && sha256 === request.source.sha256) return;
    throw new HttpProblem(
      422,
      'idempotency-key-reused',
      'This Idempotency-Key was used for another upload: the content or the website differs.',
      { hint: 'Send a new key with every new upload, and the same one only to repeat a request.' },
    );
  }

  async function removeUnrecorded(jobId: JobId, artifactId: ArtifactId): Promise<void> {
    const { request } = (await actors.buildJob.load(jobId)).state.context;
    if (request?.source.artifactId !== artifactId) await artifacts.delete(artifactId);
  }

  /** The website named by id, the user's own one of that name, or a new one. */
  function findWebsite({ name, websiteId }: Fields, viewer: Viewer, newWebsiteId: WebsiteId) {
    const known =
      websiteId === undefined ? readModels.websiteByName(viewer.id, name ?? '') : readModels.website(websiteId);
    if (known !== null) return { owner: known.ownerId, target: { kind: 'existing', id: known.id } as const };
    return { owner: viewer.id, target: { kind: 'new', id: newWebsiteId, name: name ?? '' } as const };
  }

  /**
   * Records what has to be there before the job, which itself is recorded only once its archive is in the store: the
   * website when it is new, and the build's number. `requestBuild` finds it done, and says why when it was refused.
   */
  async function prepareWebsite({ owner, target }: ReturnType<typeof findWebsite>, jobId: JobId, res: Response) {
    const envelope = userEnvelope(res);
    if (target.kind === 'new') await createWebsite(actors, { ...target, owner, correlationId: envelope.correlationId });
    await actors.website.handle(target.id, { type: 'AssignBuildNumber', jobId }, envelope);
  }

  async function recordRefusal(
    res: Response,
    { code, message }: UploadRefusal,
    { fileName, sizeBytes }: UploadTally,
  ): Promise<void> {
    const command = {
      type: 'RefuseUpload',
      code,
      message: message.slice(0, maxRecordedMessage),
      fileName: fileName?.slice(0, maxRecordedName) ?? null,
      sizeBytes,
    } as const;
    const recorded = await actors.user.handle(requireViewer(res).id, command, userEnvelope(res));
    if (recorded.ok) await settleWrite(readModels, res, recorded.position);
  }
}

/** Refusals of the request's own form, which the archive guards do not know. */
const statusOfRefusal: Readonly<Record<string, number>> = {
  'not-multipart': 415,
  'malformed-multipart': 400,
  'unexpected-file': 422,
  'files-missing': 422,
  'paths-invalid': 422,
  'fields-too-large': 413,
};

function refusalProblem(refusal: UploadRefusal): HttpProblem {
  const status = statusOfRefusal[refusal.code];
  if (status === undefined) return rejectionProblem(refusal);
  return new HttpProblem(status, refusal.code, refusal.message, { hint: refusal.hint });
}
