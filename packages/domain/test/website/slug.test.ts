import { Slug, slugCandidates, slugDecider } from '@yardmaster/domain';
import { aWebsiteId, given } from '@yardmaster/testing';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

describe('reserving an address', () => {
  const reserve = { type: 'ReserveSlug', websiteId: aWebsiteId() } as const;
  const reserved = { type: 'SlugReserved', data: { websiteId: aWebsiteId() } } as const;

  test('gives a free one to the website that asks', () => {
    given(slugDecider, []).when(reserve).then([reserved]);
  });

  test('again by the same website does nothing', () => {
    given(slugDecider, [reserved]).when(reserve).thenNothing();
  });

  test('is refused to another website', () => {
    given(slugDecider, [reserved])
      .when({ type: 'ReserveSlug', websiteId: aWebsiteId(2) })
      .thenRejected('slug-taken');
  });

  test('twice in one history is drift', () => {
    const state = { status: 'reserved', websiteId: aWebsiteId() } as const;
    expect(slugDecider.evolve(state, reserved)).toMatchObject({ ok: false });
    expect([slugDecider.stateValue(slugDecider.initialState()), slugDecider.stateValue(state)]).toEqual([
      'free',
      'reserved',
    ]);
  });
});

describe('the address made of a name', () => {
  const salt = '0192f0c1-aaaa-7bbb-8ccc-1234567890ab';
  const first = (name: string) => slugCandidates(name, salt)[0];

  test.each([
    ['Garden Club', 'garden-club'],
    ['  Garden   Club!  ', 'garden-club'],
    ['--garden__club--', 'garden-club'],
    ['Café Zürich', 'cafe-zurich'],
    ['Ærø', 'r'],
    ['ﬁne ﬂowers', 'fine-flowers'],
    ['ＧＡＲＤＥＮ', 'garden'],
    ['İstanbul', 'istanbul'],
    ['日本の庭', 'site'],
    ['🌻🌻', 'site'],
    ['', 'site'],
    ['---', 'site'],
    ['my.site.example', 'my-site-example'],
    ['../../etc/passwd', 'etc-passwd'],
    ['xn--garden', 'xn-garden'],
  ])('%j is %j', (name, slug) => {
    expect(first(name)).toBe(slug);
  });

  test.each([
    ['Shop 2', 'shop-2x'],
    ['2024', '2024x'],
    ['a-12-34', 'a-12-34x'],
    ['web3', 'web3'],
    ['v1.0', 'v1-0x'],
  ])('%j never ends in a number of its own: %j', (name, slug) => {
    expect(first(name)).toBe(slug);
  });

  test('is cut to what leaves room for a salt and a build number', () => {
    expect(first('a'.repeat(100))).toMatch(/^a+$/);
    for (const name of ['a'.repeat(10_000), `${'a'.repeat(34)} 12`, `${'a'.repeat(35)} 1`, `${'a'.repeat(36)} 1`]) {
      for (const slug of slugCandidates(name, salt)) expect(`${slug}-100000`.length).toBeLessThanOrEqual(63);
    }
  });

  test('is followed by two with letters of the website id, each more likely to be free', () => {
    expect(slugCandidates('Garden Club', salt)).toEqual(['garden-club', 'garden-club-90abx', 'garden-club-567890abx']);
  });

  test('is a valid host label that no build number can be confused with, whatever the name and the id', () => {
    const name = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 120 }),
      fc.string({ unit: fc.constantFrom('a', '1', '-', ' ', 'É', '庭'), maxLength: 120 }),
    );
    fc.assert(
      fc.property(name, fc.string({ maxLength: 64 }), (drawnName, drawnSalt) => {
        const candidates = slugCandidates(drawnName, drawnSalt);
        expect(candidates).toHaveLength(3);
        const confusing = (slug: string) => /(^|-)\d+$/.test(slug) || slug.includes('--');
        expect(candidates.filter((slug) => !Slug.safeParse(slug).success || confusing(slug))).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });
});

describe('an address', () => {
  test.each([['a'], ['garden'], ['a-b'], ['0'], ['a'.repeat(48)]])('may be %j', (slug) => {
    expect(Slug.safeParse(slug).success).toBe(true);
  });

  test.each([[''], ['-a'], ['a-'], ['A'], ['a.b'], ['a_b'], ['é'], ['a b'], ['a\n'], ['a'.repeat(49)]])(
    'may not be %j',
    (slug) => {
      expect(Slug.safeParse(slug).success).toBe(false);
    },
  );
});
