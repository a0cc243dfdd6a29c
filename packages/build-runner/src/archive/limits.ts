/** Bounds that an upload has to keep. An instance takes them from its settings. */
export interface ArchiveLimits {
  /** Size of the archive as uploaded. The gateway enforces it while the bytes arrive. */
  readonly maxArchiveBytes: number;
  /** Files in the archive; folders are bounded by the same number, separately. */
  readonly maxFiles: number;
  readonly maxUnpackedBytes: number;
  readonly maxFileBytes: number;
  /** Unpacked bytes per archive byte, looked at only above `ratioFloorBytes`. */
  readonly maxCompressionRatio: number;
  readonly ratioFloorBytes: number;
  readonly maxPathBytes: number;
}

/** For callers that have no settings, in binary units: a little wider than the settings' own defaults. */
export const defaultArchiveLimits: ArchiveLimits = {
  maxArchiveBytes: 500 * 1024 * 1024,
  maxFiles: 100_000,
  maxUnpackedBytes: 2 * 1024 * 1024 * 1024,
  maxFileBytes: 200 * 1024 * 1024,
  maxCompressionRatio: 100,
  ratioFloorBytes: 10 * 1024 * 1024,
  maxPathBytes: 1_024,
};
