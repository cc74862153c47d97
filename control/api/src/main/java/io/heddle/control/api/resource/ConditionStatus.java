package io.heddle.control.api.resource;

/** Whether a condition holds. */
public enum ConditionStatus {
  TRUE("True"),
  FALSE("False"),
  UNKNOWN("Unknown");

  private final String text;

  ConditionStatus(String text) {
    this.text = text;
  }

  /** As documents spell it. */
  public String text() {
    return text;
  }

  public static ConditionStatus of(boolean holds) {
    return holds ? TRUE : FALSE;
  }
}
