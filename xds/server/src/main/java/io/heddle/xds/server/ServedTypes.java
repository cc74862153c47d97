package io.heddle.xds.server;

import io.heddle.xds.model.ResourceType;
import java.util.List;
import java.util.Optional;

/** The types that this server has, and what names what. */
final class ServedTypes {
  /** In the order in which they are pushed: what is named comes before what names it. */
  static final List<ResourceType> ALL = List.of(ResourceType.values());

  private ServedTypes() {}

  /**
   * The type with this URL, or empty where it is not served. Virtual hosts exist in the incremental
   * variant only: their content does not say the name that they were asked for by.
   */
  static Optional<ResourceType> ofTypeUrl(String typeUrl, boolean delta) {
    return ResourceType.ofTypeUrl(typeUrl)
        .filter(type -> delta || type != ResourceType.VIRTUAL_HOSTS);
  }

  /**
   * Whether an empty first request asks for everything. LDS and CDS have it so from of old; scoped
   * routes and virtual hosts cannot be named before they are known, and their clients ask like
   * this.
   */
  static boolean legacyWildcard(ResourceType type) {
    return type.fullState() || type == ResourceType.VIRTUAL_HOSTS;
  }

  /** The types that name resources of this one and that every proxy asks for. */
  static List<ResourceType> namers(ResourceType type) {
    return switch (type) {
      case CLUSTER -> List.of(ResourceType.LISTENER, ResourceType.ROUTES);
      case ENDPOINTS -> List.of(ResourceType.CLUSTER, ResourceType.LISTENER, ResourceType.ROUTES);
      case ROUTES -> List.of(ResourceType.LISTENER);
      case SECRET, EXTENSION_CONFIG -> List.of(ResourceType.CLUSTER, ResourceType.LISTENER);
      case LISTENER, SCOPED_ROUTES, VIRTUAL_HOSTS, RUNTIME -> List.of();
    };
  }

  /** Further types that do so, where a client asks for them at all. */
  static List<ResourceType> rareNamers(ResourceType type) {
    return switch (type) {
      case CLUSTER, ENDPOINTS -> List.of(ResourceType.SCOPED_ROUTES, ResourceType.VIRTUAL_HOSTS);
      case ROUTES -> List.of(ResourceType.SCOPED_ROUTES);
      case LISTENER, SCOPED_ROUTES, VIRTUAL_HOSTS, SECRET, EXTENSION_CONFIG, RUNTIME -> List.of();
    };
  }
}
