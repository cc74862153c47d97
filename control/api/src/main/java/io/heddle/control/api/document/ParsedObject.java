package io.heddle.control.api.document;

import io.heddle.control.api.resource.ResourceObject;

/** An object and where it was written. */
public record ParsedObject(ResourceObject object, String file, int line) {}
