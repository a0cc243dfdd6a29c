import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { listFiles } from '../src/archive/pack-folder.ts';
import { createViteProject, runProject } from './fixtures/run-project.ts';

const installsForRealMs = 180_000;

describe('a project from create-vite', { timeout: installsForRealMs }, () => {
  it.each([
    ['react-ts', 'react'],
    ['vue-ts', 'vue'],
  ])('builds: %s', async (template, websiteType) => {
    const { result, reports, steps, log } = await runProject(await createViteProject(template));
    expect(result, log).toMatchObject({ status: 'built', websiteType, output: { spa: true } });
    expect(steps).toEqual([
      ...['extract StepStarted', 'extract done', 'install StepStarted', 'install done'],
      ...['typecheck StepStarted', 'typecheck done', 'bundle StepStarted', 'bundle done'],
    ]);
    if (result.status !== 'built') return;
    const { files } = await listFiles(result.output.directory);
    expect(files.map(({ path }) => path)).toContain('index.html');
    expect(files).toHaveLength(result.output.files);
    for (const { type, data } of reports) {
      if (type !== 'StepCompleted' || data.step === 'extract') continue;
      expect(data).toMatchObject({ exitCode: 0, cpuMs: expect.any(Number), peakMemoryBytes: expect.any(Number) });
    }
  });

  it('with a type error fails at type-checking, and says where and why', async () => {
    const project = await createViteProject('vanilla-ts');
    await appendFile(join(project, 'src/main.ts'), '\nexport const wrong: number = "text"\n');
    const { result, steps, log } = await runProject(project);
    expect(result, log).toMatchObject({ status: 'failed', step: 'typecheck', code: 'type-errors', retryable: false });
    expect(steps.at(-1)).toBe('typecheck StepFailed');
    if (result.status !== 'failed') return;
    const [annotation] = result.annotations;
    expect(annotation).toMatchObject({ file: 'src/main.ts', code: 'TS2322', column: 14, severity: 'error' });
    expect(annotation?.message).toBe("Type 'string' is not assignable to type 'number'.");
    expect(annotation?.excerpt).toContain('> ');
    expect(annotation?.excerpt).toContain('wrong: number = "text"');
  });
});
