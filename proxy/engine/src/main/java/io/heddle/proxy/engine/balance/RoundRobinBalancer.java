package io.heddle.proxy.engine.balance;

import io.heddle.proxy.api.LoadBalancerFactory.Host;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Hosts in turn; where weights differ, earliest deadline first: a host's next turn comes 1/weight
 * after its last, held in a binary heap, so that turns are spread and not bunched.
 */
public final class RoundRobinBalancer implements Balancer {
  private final int size;
  private final double[] due;
  private final double[] step;
  private final int[] heap;
  private int next;

  /** A balancer over these hosts, beginning anywhere so that loops do not march in step. */
  public RoundRobinBalancer(List<? extends Host> hosts, SplittableRandom random) {
    size = hosts.size();
    boolean equal = true;
    for (int i = 1; i < size; i++) {
      equal &= hosts.get(i).weight() == hosts.get(0).weight();
    }
    int heaped = equal ? 0 : size;
    due = new double[heaped];
    step = new double[heaped];
    heap = new int[heaped];
    for (int i = 0; i < heaped; i++) {
      step[i] = 1.0 / hosts.get(i).weight();
      due[i] = step[i] * random.nextDouble();
      heap[i] = i;
    }
    for (int i = heaped / 2 - 1; i >= 0; i--) {
      siftDown(i);
    }
    next = size == 0 ? 0 : random.nextInt(size);
  }

  @Override
  public int choose(SplittableRandom random, BalanceContext context) {
    if (size == 0) {
      return -1;
    }
    if (heap.length == 0) {
      int chosen = next;
      next = chosen + 1 == size ? 0 : chosen + 1;
      return chosen;
    }
    int chosen = heap[0];
    due[chosen] += step[chosen];
    siftDown(0);
    return chosen;
  }

  private void siftDown(int from) {
    int at = from;
    int item = heap[at];
    while (true) {
      int child = 2 * at + 1;
      if (child >= heap.length) {
        break;
      }
      if (child + 1 < heap.length && due[heap[child + 1]] < due[heap[child]]) {
        child++;
      }
      if (due[heap[child]] >= due[item]) {
        break;
      }
      heap[at] = heap[child];
      at = child;
    }
    heap[at] = item;
  }
}
