package io.heddle.control.core.translate;

import io.heddle.xds.server.ResourceKey;
import io.heddle.xds.server.Scope;

/** Where a resource stands: two scopes may hold different ones under the same name. */
public record Place(Scope scope, ResourceKey key) {}
