/** Why an upload is not taken in. `code` is stable; the problem table knows its status. */
export interface UploadRefusal {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
}

/** Thrown while an upload arrives, and recorded as an event by the route. */
export class UploadRefused extends Error {
  override readonly name = 'UploadRefused';
  readonly refusal: UploadRefusal;

  constructor(refusal: UploadRefusal) {
    super(refusal.message);
    this.refusal = refusal;
  }
}

/** The request ended before all of it was here: the client went away or lost its connection. */
export class UploadAborted extends Error {
  override readonly name = 'UploadAborted';
}
