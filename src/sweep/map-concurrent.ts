/** Arbitrary: a disk syncs several files in parallel faster than one after the other. */
const limit = 8;

/**
 * Works on several items concurrently, in their order. After a failure no other item is started; those in progress are
 * awaited.
 * @throws the first failure
 */
export async function mapConcurrent<Item>(
  items: readonly Item[],
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const left = [...items];
  let failed = false;
  const workOn = async () => {
    for (let next = left.shift(); next !== undefined && !failed; next = left.shift()) {
      try {
        await work(next);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  const results = await Promise.allSettled(Array.from({ length: limit }, workOn));
  const failure = results.find(({ status }) => status === 'rejected');
  if (failure?.status === 'rejected') throw failure.reason;
}
