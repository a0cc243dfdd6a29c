import { UploadAnswer } from '@yardmaster/protocol';
import { apiPath, parseAnswer, type Trouble, troubleIn, troubleOf, unreachable } from '../../shared/api/api.ts';
import { formOf, type UploadSource } from './upload-source.ts';

export interface TransferRequest {
  readonly source: UploadSource;
  readonly name: string;
  /** The same request again, with the same key, is the same upload: it never starts a second build. */
  readonly idempotencyKey: string;
}

export interface TransferListener {
  readonly progressed: (bytes: { readonly sent: number; readonly total: number }) => void;
  readonly accepted: (answer: UploadAnswer) => void;
  readonly refused: (trouble: Trouble) => void;
}

/** Starts an upload and returns how to break it off. `fetch` does not tell how far an upload is; this does. */
export function startTransfer(
  { source, name, idempotencyKey }: TransferRequest,
  listener: TransferListener,
): () => void {
  const request = new XMLHttpRequest();
  request.open('POST', `${apiPath}/upload`);
  request.setRequestHeader('Idempotency-Key', idempotencyKey);
  request.upload.addEventListener('progress', ({ loaded, total }) => listener.progressed({ sent: loaded, total }));
  request.addEventListener('load', () => {
    if (request.status !== 201) return listener.refused(troubleIn(request.status, request.responseText));
    try {
      listener.accepted(parseAnswer(UploadAnswer, request.responseText));
    } catch (error) {
      listener.refused(troubleOf(error));
    }
  });
  request.addEventListener('error', () => listener.refused(interrupted));
  request.send(formOf(source, name));
  return () => request.abort();
}

const interrupted: Trouble = {
  code: unreachable.code,
  message: 'The upload was interrupted.',
  hint: 'Check that Yardmaster still runs and that the files were not changed meanwhile, then try again.',
};
