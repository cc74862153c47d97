package io.heddle.xds.model;

/**
 * A field that was set and is listed as having no effect here.
 *
 * @param resource the resource's type and name
 * @param field the path of the field within the resource
 * @param missed whether its effect in Envoy would be seen in traffic or logs, so that whoever set
 *     it should know
 */
public record ConfigWarning(String resource, String field, boolean missed) {

  @Override
  public String toString() {
    return resource
        + ": "
        + field
        + (missed ? ": accepted, but its effect is missing" : ": accepted and without effect");
  }
}
