// @vitest-environment node
import { execFile } from 'node:child_process';
import { mkdtemp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { runInNewContext } from 'node:vm';
import { publint } from 'publint';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as sdk from './index.js';

// What `npm pack` makes of the build, in a folder of somebody who uses it and has nothing else of ours.

const run = promisify(execFile);
const own = fileURLToPath(new URL('..', import.meta.url));
const inWeb = (path: string) => fileURLToPath(new URL(`../../../${path}`, import.meta.url));
const slow = 180_000; // on a machine that does much else

interface Packed {
  filename: string;
  files: { path: string }[];
}

let folder: string, packed: Packed, manifest: Record<string, unknown>;
const installed = () => join(folder, 'node_modules/@everdial/agent-sdk');

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'agent-sdk-'));
  const { stdout } = await run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], { cwd: own });
  packed = (JSON.parse(stdout) as Packed[])[0]!;
  await mkdir(installed(), { recursive: true });
  await run('tar', ['-xzf', join(folder, packed.filename), '--strip-components=1', '-C', installed()]);
  manifest = JSON.parse(await readFile(join(installed(), 'package.json'), 'utf8')) as Record<string, unknown>;
}, slow);
afterAll(() => rm(folder, { recursive: true, force: true }));

/** The README's examples in a language. */
async function examples(language: string): Promise<string[]> {
  const readme = await readFile(join(own, 'README.md'), 'utf8');
  return [...readme.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms'))].map((match) => match[1]!);
}

describe('The package', () => {
  test('has its licence, its types and its sources, no tests, and needs no other package', () => {
    const paths = packed.files.map(({ path }) => path);
    for (const path of ['LICENSE', 'README.md', 'dist/index.js', 'dist/index.d.ts', 'dist/everdial-agent.iife.js', 'src/index.ts'])
      expect(paths).toContain(path);
    expect(paths.filter((path) => path.includes('.test.'))).toEqual([]);
    for (const needs of ['dependencies', 'peerDependencies', 'optionalDependencies', 'bundleDependencies']) expect(manifest).not.toHaveProperty(needs);
  });

  test('passes publint as it is packed', async () => {
    const tarball = await readFile(join(folder, packed.filename));
    const { messages } = await publint({ pack: { tarball: new Uint8Array(tarball).buffer }, strict: true });
    expect(messages).toEqual([]);
  });

  test(
    "compiles with the README's examples, as strictly as can be",
    async () => {
      const all = await examples('ts');
      expect(all.length).toBeGreaterThanOrEqual(3);
      await Promise.all(all.map((text, i) => writeFile(join(folder, `example${i}.ts`), text)));
      await writeFile(join(folder, 'package.json'), '{"type": "module"}');
      const compilerOptions = {
        module: 'nodenext', target: 'es2022', lib: ['ES2023', 'DOM'], strict: true, exactOptionalPropertyTypes: true, skipDefaultLibCheck: true, outDir: 'out',
        types: ['node'], typeRoots: [inWeb('node_modules/@types')],
      };
      await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['example*.ts'] }));
      await run(process.execPath, [inWeb('node_modules/typescript/bin/tsc'), '-p', folder]).catch((error: { stdout: string }) => {
        throw new Error(error.stdout);
      });
      // The one with the fake Everdial needs no network.
      const last = join(folder, 'out', `example${all.length - 1}.js`);
      const { stdout } = await run(process.execPath, [last], { cwd: folder });
      expect(stdout).toBe('ready at fake://as2, events missed: 0\n');
    },
    slow,
  );

  test('has all of it in one script file, too', async () => {
    const page: { EverdialAgent?: typeof sdk } = {};
    runInNewContext(await readFile(join(installed(), 'dist/everdial-agent.iife.js'), 'utf8'), page);
    expect(Object.keys(page.EverdialAgent!).sort()).toEqual(Object.keys(sdk).sort());
  });
});
