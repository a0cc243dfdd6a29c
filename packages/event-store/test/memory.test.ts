import { createMemoryEventStore } from '@yardmaster/event-store/memory';
import { eventStoreContract } from '@yardmaster/event-store/testing';

const reason = 'the data lives and dies with the instance';

eventStoreContract({
  name: 'memory',
  async open() {
    const store = createMemoryEventStore();
    return { store, close: () => store.stop() };
  },
  skips: [
    { name: 'resumes after the last position seen, in another instance, without gap or duplicate', reason },
    { name: 'keeps every append that resolved, with revisions, positions and identity', reason },
    { name: 'finishes the appends under way before it stops', reason },
    { name: 'shows an append to another instance as soon as it has resolved', reason },
    { name: 'lets exactly one of concurrent appends by two instances win', reason },
    { name: 'delivers to its subscribers what two instances append, once and in order', reason },
  ],
});
