import { AllocationError } from "@wengert/autograd";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { makeHeap, type Block, type GrowingHeap } from "../src/run/heap.ts";

const page = 65_536;

/** Free bytes between the blocks, by address: what the allocator may give. */
function gaps(heap: GrowingHeap, blocks: Iterable<Block>): number[] {
  const sorted = [...blocks].sort((a, b) => a.address - b.address);
  const ends = sorted.map(({ address, bytes }) => address + bytes);
  return [...sorted.map(({ address }) => address), heap.bytesReserved].map(
    (start, i) => start - (i === 0 ? 4096 : ends[i - 1]),
  );
}

describe("the heap", () => {
  it("gives aligned blocks that do not overlap, and finds every gap that is large enough", () => {
    const action = fc.oneof(
      { weight: 3, arbitrary: fc.record({ bytes: fc.integer({ min: 0, max: 40_000 }) }) },
      { weight: 1, arbitrary: fc.record({ bytes: fc.integer({ min: 0, max: 900_000 }) }) },
      { weight: 3, arbitrary: fc.record({ free: fc.nat() }) },
    );
    fc.assert(
      fc.property(fc.array(action, { maxLength: 120 }), (actions) => {
        const heap = makeHeap(false, 48);
        const blocks: Block[] = [];
        for (const it of actions) {
          if ("free" in it) {
            if (blocks.length > 0) heap.free(blocks.splice(it.free % blocks.length, 1)[0]);
          } else {
            const room = Math.max(...gaps(heap, blocks));
            const before = heap.bytesReserved;
            let block: Block | null = null;
            try {
              block = heap.allocate(it.bytes, "a test");
            } catch (error) {
              expect(error).toBeInstanceOf(AllocationError);
            }
            const rounded = Math.max(64, Math.ceil(it.bytes / 64) * 64);
            if (block) {
              expect(block.bytes).toBe(rounded);
              expect(block.address % 64).toBe(0);
              blocks.push(block);
            }
            // It grows only for what fits nowhere, and fails only at the maximum.
            if (rounded <= room) expect(heap.bytesReserved).toBe(before);
            if (!block) {
              const tail = gaps(heap, blocks).at(-1)!;
              expect(rounded).toBeGreaterThan(room);
              expect(rounded).toBeGreaterThan(tail + 48 * page - before);
            }
          }
          expect(Math.min(...gaps(heap, blocks))).toBeGreaterThanOrEqual(0);
          expect(heap.bytesInUse).toBe(blocks.reduce((sum, { bytes }) => sum + bytes, 0));
        }
        for (const block of blocks) heap.free(block);
        expect(heap.bytesInUse).toBe(0);
        // All neighbours have become one again.
        expect(heap.allocate(heap.bytesReserved - 4096, "all").address).toBe(4096);
      }),
      { numRuns: 200 },
    );
  });

  it("gives the bytes of a freed block again", () => {
    const heap = makeHeap(false);
    const blocks = [1000, 1000, 1000].map((bytes) => heap.allocate(bytes, "a test"));
    heap.free(blocks[1]);
    expect(heap.allocate(1024, "a test").address).toBe(blocks[1].address);
  });

  it("keeps contents when it grows, by a quarter at least", () => {
    for (const shared of [true, false]) {
      const heap = makeHeap(shared);
      expect(heap.bytesReserved).toBe(16 * page);
      const block = heap.allocate(12, "a test");
      const before = heap.view("float32", block, 3);
      before.set([1, -0, NaN]);
      let growths = 0;
      const forget = heap.onGrow(() => growths++);
      heap.allocate(16 * page, "more");
      expect(heap.bytesReserved).toBe(20 * page);
      heap.allocate(20 * page, "still more");
      expect(heap.bytesReserved).toBe(37 * page);
      expect(growths).toBe(2);
      expect([...heap.view("float32", block, 3)]).toEqual([1, -0, NaN]);
      // Shared memory keeps its views, other memory detaches them.
      expect(before.length).toBe(shared ? 3 : 0);
      forget();
      heap.allocate(16 * page, "more");
      expect(heap.bytesReserved).toBeGreaterThan(37 * page);
      expect(growths).toBe(2);
    }
  });

  it("views all dtypes, by block and by address", () => {
    const heap = makeHeap(true);
    const block = heap.allocate(64, "a test");
    heap.view("int32", block, 2).set([1, 0x3ff00000]);
    expect(heap.view("float64", block.address, 1)[0]).toBe(1 + 2 ** -52);
    expect([...heap.view("bool", block, 8)]).toEqual([1, 0, 0, 0, 0, 0, 0xf0, 0x3f]);
    expect(heap.view("float32", block, 0).length).toBe(0);
    expect(heap.view("float32", block.address + 4, 1)[0]).toBe(1.875);
  });

  it("says what was needed and what is there when memory is exhausted", () => {
    const heap = makeHeap(false, 32);
    heap.allocate(1.5 * 2 ** 20, "the weights");
    const allocate = () => heap.allocate(2 ** 20, "the activations");
    expect(allocate).toThrow(AllocationError);
    expect(allocate).toThrow("expected 1 MiB of memory for the activations");
    expect(allocate).toThrow(/\(at most 2 MiB\), of which 1.5 MiB are in use/);
    expect(() => heap.allocate(2 ** 33, "too much")).toThrow(AllocationError);
    expect(() => heap.allocate(-1, "nothing")).toThrow(AllocationError);
    expect(() => heap.allocate(NaN, "nothing")).toThrow(AllocationError);
    // Growth by a quarter would be too much here; growth by what is needed is not.
    expect(heap.allocate(0.4 * 2 ** 20, "a little").bytes).toBe(419_456);
  });

  it("refuses to free a block twice, whatever its bytes are used for now", () => {
    const heap = makeHeap(false);
    const block = heap.allocate(100, "a test");
    heap.free(block);
    expect(() => heap.free(block)).toThrow(/freed before/);
    const again = heap.allocate(100, "a test");
    expect(again.address).toBe(block.address);
    expect(() => heap.free(block)).toThrow(/freed before/);
    heap.free(again);
    expect(heap.bytesInUse).toBe(0);
  });
});
