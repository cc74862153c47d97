package io.heddle.proxy.engine.balance;

import java.util.SplittableRandom;

/**
 * Turns by weight, earliest deadline first: whoever had a turn is due again 1/weight later, and
 * equal deadlines keep their order. A binary heap of indexes, without allocation after it is made.
 * Owned by one event loop.
 */
final class EdfSchedule {
  private final double[] due;
  private final long[] order;
  private final int[] heap;
  private double now;
  private long turns;

  /**
   * A schedule that has been running for a random time, so that loops do not march in step.
   *
   * @param weights above zero
   */
  EdfSchedule(double[] weights, SplittableRandom random) {
    int size = weights.length;
    due = new double[size];
    order = new long[size];
    heap = new int[size];
    double least = Double.MAX_VALUE;
    for (double weight : weights) {
      least = Math.min(least, weight);
    }
    now = size == 0 ? 0 : random.nextDouble() / least;
    for (int i = 0; i < size; i++) {
      due[i] = (Math.floor(now * weights[i]) + 1) / weights[i];
      order[i] = turns++;
      heap[i] = i;
    }
    for (int i = size / 2 - 1; i >= 0; i--) {
      siftDown(i);
    }
  }

  /** Whose turn it is; {@link #again} follows. */
  int next() {
    return heap[0];
  }

  /** Puts whose turn it was back in the queue. */
  void again(double weight) {
    int index = heap[0];
    now = due[index];
    due[index] = now + 1 / weight;
    order[index] = turns++;
    siftDown(0);
  }

  private boolean before(int a, int b) {
    return due[a] < due[b] || (due[a] == due[b] && order[a] < order[b]);
  }

  private void siftDown(int from) {
    int at = from;
    int item = heap[at];
    while (true) {
      int child = 2 * at + 1;
      if (child >= heap.length) {
        break;
      }
      if (child + 1 < heap.length && before(heap[child + 1], heap[child])) {
        child++;
      }
      if (!before(heap[child], item)) {
        break;
      }
      heap[at] = heap[child];
      at = child;
    }
    heap[at] = item;
  }
}
