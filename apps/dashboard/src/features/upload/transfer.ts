import { UploadAnswer } from '@yardmaster/protocol';
import { apiPath, parseAnswer, type Trouble, troubleIn, troubleOf, unreachable } from '../../shared/api/api.ts';
import { noteStatus } from '../../shared/api/unavailable.ts';
import { formOf, type UploadOptions, type UploadSource, unreadableFile } from './upload-source.ts';

export interface TransferRequest extends UploadOptions {
  readonly source: UploadSource;
  /** The same request again, with the same key, is the same upload: it never starts a second build. */
  readonly idempotencyKey: string;
}

export interface TransferListener {
  readonly progressed: (bytes: { readonly sent: number; readonly total: number }) => void;
  readonly accepted: (answer: UploadAnswer) => void;
  readonly refused: (trouble: Trouble) => void;
}

/** Starts an upload and returns how to break it off. `fetch` does not tell how far an upload is; this does. */
export function startTransfer(transfer: TransferRequest, listener: TransferListener): () => void {
  const request = new XMLHttpRequest();
  request.open('POST', `${apiPath}/upload`);
  request.setRequestHeader('Idempotency-Key', transfer.idempotencyKey);
  request.upload.addEventListener('progress', ({ loaded, total }) => listener.progressed({ sent: loaded, total }));
  request.addEventListener('load', () => {
    noteStatus(request.status);
    if (request.status !== 201) return listener.refused(troubleIn(request.status, request.responseText));
    try {
      listener.accepted(parseAnswer(UploadAnswer, request.responseText));
    } catch (error) {
      listener.refused(troubleOf(error));
    }
  });
  request.addEventListener('error', () => {
    void unreadableFile(transfer.source).then((path) => listener.refused(path === null ? interrupted : changed(path)));
  });
  request.send(formOf(transfer.source, transfer));
  return () => request.abort();
}

const interrupted: Trouble = {
  code: unreachable.code,
  message: 'The upload was interrupted.',
  hint: 'Check that Yardmaster still runs, then try again: nothing has to be chosen again.',
};

/** Of what was chosen once, a browser gives nothing that was changed since. */
export const changedCode = 'files-changed';

const changed = (path: string): Trouble => ({
  code: changedCode,
  message: `“${path}” was changed, moved or deleted after it was chosen.`,
  hint: 'Choose the project again, so that what is built is what is there now.',
});
