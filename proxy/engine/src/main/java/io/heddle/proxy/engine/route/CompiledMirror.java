package io.heddle.proxy.engine.route;

import io.heddle.xds.model.MirrorPolicy;

/** Where a copy of a request goes, and what is done to its headers. Immutable. */
public record CompiledMirror(MirrorPolicy policy, HeaderEdits edits) {}
