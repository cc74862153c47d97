package io.heddle.proxy.api;

/** What an access logger may know of a connection that does not speak HTTP, at its end. */
public interface ConnectionLog {
  /** The client's connection. */
  ConnectionInfo connection();

  /** Times, bytes, flags and the upstream; what belongs to HTTP is empty. */
  StreamInfo streamInfo();

  /** Objects that network filters have left. */
  FilterState filterState();

  /** Metadata that network filters have left. */
  DynamicMetadata dynamicMetadata();
}
