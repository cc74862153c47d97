package io.heddle.control.api.analysis;

/** What can be found. A code never changes its meaning; {@code docs/findings.md} lists them. */
public enum FindingCode {
  BACKEND_UNKNOWN(
      "HDL-4001",
      Severity.WARNING,
      "create the Service, or mend the reference; `heddle get services` lists what there is"),
  ROUTE_SHADOWED(
      "HDL-4002",
      Severity.WARNING,
      "give one of the two matches something that the other has not, or remove one:"
          + " `heddle delete httproute NAME`"),
  NOTHING_TO_ANSWER(
      "HDL-4003", Severity.WARNING, "give a backend a weight above 0, then `heddle apply -f FILE`"),
  LISTENERS_COLLIDE(
      "HDL-4004",
      Severity.ERROR,
      "give one of the Gateways another port or address, then `heddle apply -f FILE`"),
  LISTENER_UNUSED(
      "HDL-4005",
      Severity.WARNING,
      "attach an HTTPRoute to it (`parentRefs`), or remove the listener"),
  LAST_ENDPOINT_LOST(
      "HDL-4006",
      Severity.ERROR,
      "make another backend healthy first (`heddle status`), or say `--force`"),
  BACKEND_EMPTY(
      "HDL-4007",
      Severity.WARNING,
      "start an instance (`heddle sidecar --service NAME ...`); `heddle status` shows which are"
          + " healthy"),
  PARENT_UNKNOWN(
      "HDL-4008",
      Severity.WARNING,
      "create the parent, or mend `parentRefs`; `heddle get gateways` lists what there is"),
  ENTRY_TWICE("HDL-4009", Severity.WARNING, "remove one of the two, or mend its address or port"),
  ENTRY_UNUSED(
      "HDL-4010",
      Severity.WARNING,
      "create the Service that selects it, or mend `spec.service` or its labels");

  /** Whether a write is refused for it. */
  public enum Severity {
    ERROR("error"),
    WARNING("warning");

    private final String text;

    Severity(String text) {
      this.text = text;
    }

    /** As documents spell it. */
    public String text() {
      return text;
    }
  }

  private final String code;
  private final Severity severity;
  private final String mend;

  FindingCode(String code, Severity severity, String mend) {
    this.code = code;
    this.severity = severity;
    this.mend = mend;
  }

  /** Such as {@code HDL-4001}. */
  public String code() {
    return code;
  }

  public Severity severity() {
    return severity;
  }

  /** What to do, mostly a command. */
  public String mend() {
    return mend;
  }
}
