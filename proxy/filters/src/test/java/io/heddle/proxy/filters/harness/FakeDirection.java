package io.heddle.proxy.filters.harness;

import io.heddle.proxy.api.BodyWhileSuspended;
import io.heddle.proxy.api.DataDecision;
import io.heddle.proxy.api.FilterDirection;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** One direction through one filter: what the filter holds, and what it has let pass. */
final class FakeDirection implements FilterDirection {
  private record Piece(String data, boolean end) {}

  private final FilterHarness harness;
  private final boolean request;
  private final Deque<Piece> paused = new ArrayDeque<>();
  private final StringBuilder passedBody = new StringBuilder();
  private int limit = 64 << 10;
  private @Nullable ByteBuf buffer;
  private boolean suspended;
  private boolean pausing;
  private boolean headersSeen;
  private boolean headersPassed;
  private boolean endSeen;
  private boolean endPassed;
  private boolean trailersHeld;
  private boolean readDisabled;
  private boolean slow;

  FakeDirection(FilterHarness harness, boolean request) {
    this.harness = harness;
    this.request = request;
  }

  boolean headersPassed() {
    return headersPassed;
  }

  boolean endPassed() {
    return endPassed;
  }

  String passedBody() {
    return passedBody.toString();
  }

  void headersContinue(boolean end) {
    headersSeen = true;
    headersPassed = true;
    endSeen = end;
    endPassed = end;
  }

  void headersSuspend(BodyWhileSuspended body, boolean end) {
    headersSeen = true;
    suspended = true;
    pausing = body == BodyWhileSuspended.PAUSE;
    endSeen = end;
  }

  void trailersSuspend() {
    suspended = true;
    trailersHeld = true;
  }

  boolean trailersHeld() {
    return trailersHeld;
  }

  boolean readDisabled() {
    return readDisabled;
  }

  void slow(boolean reader) {
    slow = reader;
  }

  /** A piece arrives; shown to the filter, or kept back while it pauses this direction. */
  void data(String text, boolean end) {
    if (!headersSeen || endSeen) {
      throw new IllegalStateException(headersSeen ? "data after the end" : "data before headers");
    }
    if (suspended && pausing) {
      paused.add(new Piece(text, end));
      return;
    }
    endSeen = end;
    ByteBuf piece = Unpooled.copiedBuffer(text, StandardCharsets.ISO_8859_1);
    try {
      DataDecision decision =
          request
              ? harness.filter().onRequestData(piece, end)
              : harness.filter().onResponseData(piece, end);
      if (harness.finished()) {
        return;
      }
      switch (decision) {
        case CONTINUE -> {
          passHeaders();
          passBuffer();
          pass(piece);
          suspended = false;
          endPassed = end;
        }
        case BUFFER -> {
          if (buffer == null) {
            buffer = Unpooled.buffer();
          }
          if (buffer.readableBytes() + piece.readableBytes() > limit) {
            harness.overflow(request);
          } else {
            buffer.writeBytes(piece);
          }
        }
        case CONSUME -> {}
      }
    } finally {
      piece.release();
    }
  }

  private void passHeaders() {
    headersPassed = true;
  }

  private void passBuffer() {
    if (buffer != null) {
      pass(buffer);
      buffer.release();
      buffer = null;
    }
  }

  private void pass(ByteBuf bytes) {
    passedBody.append(bytes.toString(StandardCharsets.ISO_8859_1));
  }

  @Override
  public void resume() {
    if (!suspended) {
      throw new IllegalStateException("resume of what is not suspended");
    }
    suspended = false;
    pausing = false;
    passHeaders();
    passBuffer();
    endPassed = endSeen || trailersHeld;
    trailersHeld = false;
    while (!suspended && !paused.isEmpty() && !harness.finished()) {
      Piece piece = paused.removeFirst();
      data(piece.data(), piece.end());
    }
  }

  @Override
  public boolean suspended() {
    return suspended;
  }

  @Override
  public Optional<ByteBuf> buffered() {
    return Optional.ofNullable(buffer);
  }

  @Override
  public void replaceBuffered(ByteBuf body) {
    if (buffer != null) {
      buffer.release();
    }
    buffer = body;
  }

  @Override
  public void inject(ByteBuf data, boolean endStream) {
    passHeaders();
    pass(data);
    data.release();
    endPassed |= endStream;
  }

  @Override
  public int bufferLimit() {
    return limit;
  }

  @Override
  public void bufferLimit(int bytes) {
    if (bytes < 0 || bytes > 256 << 20) {
      throw new IllegalArgumentException("bytes: " + bytes + " (expected: 0 to 268435456)");
    }
    limit = bytes;
  }

  @Override
  public void disableRead() {
    readDisabled = true;
  }

  @Override
  public void enableRead() {
    readDisabled = false;
  }

  @Override
  public boolean aboveHighWatermark() {
    return slow;
  }

  void release() {
    if (buffer != null) {
      buffer.release();
      buffer = null;
    }
  }
}
