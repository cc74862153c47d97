package io.heddle.proxy.api;

/** What becomes of body bytes that arrive while a filter holds the headers. */
public enum BodyWhileSuspended {
  /**
   * Reading stops at the watermark and goes on when the filter resumes; nothing is lost and nothing
   * grows. The filter does not see the data before it resumes.
   */
  PAUSE,
  /**
   * Data is given to the filter's data callback as it comes, so that the filter can gather it with
   * {@link DataDecision#BUFFER}, up to the filter's buffer limit.
   */
  DELIVER
}
