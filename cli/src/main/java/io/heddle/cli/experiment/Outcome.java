package io.heddle.cli.experiment;

/** What became of a request. */
enum Outcome {
  /** Answered below 500, and not 429. */
  OK,
  /** 429 or 503: somebody said at once, or too late, that there is too much. */
  REFUSED,
  /** Another answer from 500 on. */
  FAILED,
  /** The connection could not be made, or ended before the answer did. */
  BROKEN,
  /** Nothing within the deadline of the client. */
  LATE,
  /** Never sent, as too many requests were under way. */
  UNSENT;

  static Outcome ofStatus(int status) {
    if (status == 429 || status == 503) {
      return REFUSED;
    }
    return status < 500 ? OK : FAILED;
  }
}
