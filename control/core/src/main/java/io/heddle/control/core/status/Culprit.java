package io.heddle.control.core.status;

import io.heddle.control.api.resource.ObjectKey;

/**
 * A state of an object that one proxy refused, and which is therefore kept from this proxy.
 *
 * @param resource the name of the resource that held it
 * @param message the proxy's own words
 */
public record Culprit(
    String nodeId, ObjectKey object, long generation, String resource, String message) {}
