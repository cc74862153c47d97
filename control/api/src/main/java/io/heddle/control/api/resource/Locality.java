package io.heddle.control.api.resource;

/**
 * Where an instance runs; parts that are not known are empty. Written {@code region/zone/subZone}.
 */
public record Locality(String region, String zone, String subZone) {
  public static final Locality UNKNOWN = new Locality("", "", "");

  /** Reads {@code region}, {@code region/zone} or {@code region/zone/subZone}. */
  public static Locality parse(String text) {
    String[] parts = text.split("/", -1);
    if (parts.length > 3) {
      throw new IllegalArgumentException(
          "locality: \"" + text + "\" (expected: region/zone/subZone)");
    }
    return new Locality(
        parts[0], parts.length > 1 ? parts[1] : "", parts.length > 2 ? parts[2] : "");
  }

  @Override
  public String toString() {
    if (!subZone.isEmpty()) {
      return region + "/" + zone + "/" + subZone;
    }
    return zone.isEmpty() ? region : region + "/" + zone;
  }
}
