/** Reads content to its end for the sake of the checks that reading it runs. */
export const drain = async (content: AsyncIterable<Buffer>): Promise<void> => {
  for await (const _ of content) {
    // Nothing keeps the bytes.
  }
};
