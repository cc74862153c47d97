package io.heddle.xds.model;

/**
 * A field that was set and is listed as having no effect here.
 *
 * @param resource the resource's type and name
 * @param field the path of the field within the resource
 */
public record ConfigWarning(String resource, String field) {

  @Override
  public String toString() {
    return resource + ": " + field + ": accepted and without effect";
  }
}
