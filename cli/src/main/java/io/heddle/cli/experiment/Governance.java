package io.heddle.cli.experiment;

/** Whether what protects is on. */
enum Governance {
  WITHOUT("without"),
  WITH("with");

  private final String text;

  Governance(String text) {
    this.text = text;
  }

  String text() {
    return text;
  }
}
