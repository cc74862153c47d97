package io.heddle.proxy.engine.health;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;

/**
 * What a host has answered, as far as its {@link OutlierDetector} wants to know. Told on every
 * loop; a success costs one striped count and looks at three numbers that are mostly zero.
 */
public final class HostWatch {
  private static final int OK = 200;
  private static final int UNAVAILABLE = 503;
  private static final int TIMEOUT = 504;

  /** Attempts since the last look, and how many of them failed. */
  static final class Tally {
    private final LongAdder all = new LongAdder();
    private final LongAdder failed = new LongAdder();

    /** Of the interval that has ended; under the detector's lock. */
    long requests;

    /** In percent, of the interval that has ended; negative where there was too little of it. */
    volatile double successRate = -1;

    private double measured;

    /** The interval has ended. */
    void turn() {
      requests = all.sumThenReset();
      long bad = failed.sumThenReset();
      // Two adders are not read at once.
      measured = requests == 0 ? -1 : 100.0 * Math.max(0, requests - bad) / requests;
      successRate = -1;
    }

    /** What {@link #turn} has found. */
    double measured() {
      return measured;
    }
  }

  private final OutlierDetector detector;
  private final String address;
  private final AtomicInteger inRow5xx = new AtomicInteger();
  private final AtomicInteger inRowGateway = new AtomicInteger();
  private final AtomicInteger inRowLocal = new AtomicInteger();
  final Tally answers = new Tally();
  final Tally local = new Tally();

  // Under the detector's lock, from here on.
  private volatile boolean ejected;
  boolean known = true;
  int ejections;
  long multiplier;
  long ejectedAt;
  long jitterNanos;
  boolean returned;
  long returnedAt;

  HostWatch(OutlierDetector detector, String address) {
    this.detector = detector;
    this.address = address;
  }

  /** {@code ip:port}. */
  public String address() {
    return address;
  }

  /** Whether it is out. */
  public boolean ejected() {
    return ejected;
  }

  void ejected(boolean now) {
    ejected = now;
  }

  /** Percent of success of its answers in the last interval, or -1. */
  public double successRate() {
    return answers.successRate;
  }

  /** Percent of the attempts of the last interval that got an answer, or -1. */
  public double localSuccessRate() {
    return local.successRate;
  }

  /** A response came with this status, or with what this is in HTTP. */
  public void answered(int status) {
    answers.all.increment();
    if (status < 500) {
      reset(inRow5xx);
      reset(inRowGateway);
      return;
    }
    answers.failed.increment();
    if (status >= 502 && status <= 504) {
      inRow(inRowGateway, EjectionType.CONSECUTIVE_GATEWAY_FAILURE);
    } else {
      reset(inRowGateway);
    }
    inRow(inRow5xx, EjectionType.CONSECUTIVE_5XX);
  }

  /** An active check found it well; off the loops. */
  public void checkedWell() {
    detector.checkedWell(this);
  }

  /** A connection stands on which a request is sent. */
  public void connected() {
    if (detector.split()) {
      reached();
    }
  }

  /** A connection stands, and that is all that is wanted of it. */
  public void connectedForGood() {
    if (detector.split()) {
      reached();
    } else {
      answered(OK);
    }
  }

  /** There is no answer: no connection, or one that was lost. */
  public void failed() {
    unreached(UNAVAILABLE);
  }

  /** There was no answer in time. */
  public void timedOut() {
    unreached(TIMEOUT);
  }

  private void reached() {
    local.all.increment();
    reset(inRowLocal);
  }

  private void unreached(int status) {
    if (!detector.split()) {
      answered(status);
      return;
    }
    local.all.increment();
    local.failed.increment();
    inRow(inRowLocal, EjectionType.CONSECUTIVE_LOCAL_ORIGIN_FAILURE);
  }

  private void inRow(AtomicInteger count, EjectionType type) {
    if (count.incrementAndGet() == detector.threshold(type)) {
      detector.suspected(this, type);
    }
  }

  private static void reset(AtomicInteger count) {
    // Mostly it is zero, and a line that nobody writes to is shared by all loops.
    if (count.getPlain() != 0) {
      count.set(0);
    }
  }

  void forgetRow(EjectionType type) {
    switch (type) {
      case CONSECUTIVE_5XX -> inRow5xx.set(0);
      case CONSECUTIVE_GATEWAY_FAILURE -> inRowGateway.set(0);
      case CONSECUTIVE_LOCAL_ORIGIN_FAILURE -> inRowLocal.set(0);
      case SUCCESS_RATE,
          SUCCESS_RATE_LOCAL_ORIGIN,
          FAILURE_PERCENTAGE,
          FAILURE_PERCENTAGE_LOCAL_ORIGIN -> {}
    }
  }

  void forgetRows() {
    inRow5xx.set(0);
    inRowGateway.set(0);
    inRowLocal.set(0);
  }
}
