import { Fragment } from 'react';
import { aroundBidiControls, codePointName } from '../format/bidi-controls.ts';

/**
 * Text that somebody else wrote, in the order in which it is written: a character that would draw it in another one is
 * shown as a mark. The character itself stays in the page, shut in where it has no effect, so that a copy is exact.
 */
export function AsWritten({ text }: { readonly text: string }) {
  const pieces = aroundBidiControls(text);
  if (pieces.length === 1) return text;
  return pieces.map((piece, index) =>
    index % 2 === 0 ? (
      // biome-ignore lint/suspicious/noArrayIndexKey: the pieces of a text have no other name than their place
      <Fragment key={index}>{piece}</Fragment>
    ) : (
      // biome-ignore lint/suspicious/noArrayIndexKey: see above
      <Mark key={index} character={piece} />
    ),
  );
}

/** As wide as `bidiMarkColumns` says. */
function Mark({ character }: { readonly character: string }) {
  const name = codePointName(character);
  return (
    <span
      data-name={name}
      title={`${name}: changes the order in which text is drawn. It has no effect here.`}
      className="inline-block w-[6ch] rounded-sm bg-panel-2 text-center align-baseline font-mono leading-none text-muted [unicode-bidi:isolate] before:text-[0.85em] before:content-[attr(data-name)]"
    >
      {character}
    </span>
  );
}
