import { ArtifactId, type BuildSource } from '@yardmaster/domain';

export function aBuildSource(changes: Partial<BuildSource> = {}): BuildSource {
  return {
    artifactId: ArtifactId.parse('artifact-1'),
    format: 'zip',
    sha256: 'a'.repeat(64),
    sizeBytes: 1_024,
    originalName: 'website.zip',
    websiteType: 'react',
    ...changes,
  };
}
