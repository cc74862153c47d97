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

  /**
   * Further scopes of which a node sees only what it asks for by name: clusters and virtual hosts
   * that it fetches when a request needs them. The node's own scopes come before them, and no
   * wildcard shows what is in them. Called like {@link #scopesOf}; none by default.
   */
  default List<Scope> onDemandScopesOf(NodeInfo node) {
    return List.of();
  }
}
