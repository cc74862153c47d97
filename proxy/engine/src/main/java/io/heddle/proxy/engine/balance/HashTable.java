package io.heddle.proxy.engine.balance;

/** Finds a host by a hash. Immutable. */
interface HashTable {
  /**
   * Index of the host among those that the table was made of; -1 where there is none.
   *
   * @param attempt 0 at first; each further one may find another host
   */
  int find(long hash, int attempt);
}
