package io.heddle.xds.server;

import java.util.List;

/** Says which scopes a node sees. */
@FunctionalInterface
public interface ScopeResolver {
  /**
   * The scopes of a node, most specific first: where two scopes hold a resource of the same name,
   * the earlier one wins.
   *
   * <p>Called once a stream, on a shard's thread, so it must not block. A node is answered only
   * once every one of these scopes is known to the cache: see {@link CacheUpdate.Builder#declare}.
   * An exception ends the stream with INTERNAL.
   */
  List<Scope> scopesOf(NodeInfo node);
}
