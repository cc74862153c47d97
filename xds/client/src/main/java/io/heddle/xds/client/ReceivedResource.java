package io.heddle.xds.client;

import com.google.protobuf.Any;

/**
 * A resource as it came, still encoded.
 *
 * @param version the resource's own on delta, the response's on SotW
 */
public record ReceivedResource(String name, String version, Any body) {}
