package io.heddle.xds.model;

import com.google.protobuf.Struct;

/**
 * Who this proxy is to its control plane ({@code envoy.config.core.v3.Node}).
 *
 * @param metadata kept as it is sent
 */
public record NodeConfig(
    String id, String cluster, EndpointsConfig.Locality locality, Struct metadata) {}
