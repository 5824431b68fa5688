package dev.kiln;

import java.io.File;
import java.io.IOException;
import org.apache.camel.Exchange;
import org.apache.camel.LoggingLevel;
import org.apache.camel.component.file.GenericFile;
import org.apache.camel.component.file.GenericFileEndpoint;
import org.apache.camel.component.file.GenericFileExclusiveReadLockStrategy;
import org.apache.camel.component.file.GenericFileOperations;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The read lock {@code claims} of the inbox: a file is claimed just before it is read, and not when
 * it is listed, so that Kilns that share an inbox share the work. Thread-safe.
 */
final class ClaimLock implements GenericFileExclusiveReadLockStrategy<File> {
  private static final Logger LOG = LoggerFactory.getLogger(ClaimLock.class);

  private final Claims claims;

  ClaimLock(Claims claims) {
    this.claims = claims;
  }

  @Override
  public boolean acquireExclusiveReadLock(
      GenericFileOperations<File> operations, GenericFile<File> file, Exchange exchange) {
    try {
      return claims.take(file.getFile().toPath());
    } catch (IOException failure) {
      LOG.warn(
          "{} is not read, since it cannot be claimed ({}): let the user that runs Kiln write its folder",
          file.getFileNameOnly(),
          failure.toString());
      return false;
    }
  }

  @Override
  public void releaseExclusiveReadLockOnAbort(
      GenericFileOperations<File> operations, GenericFile<File> file, Exchange exchange) {
    claims.done(file.getFile().toPath());
  }

  @Override
  public void releaseExclusiveReadLockOnRollback(
      GenericFileOperations<File> operations, GenericFile<File> file, Exchange exchange) {
    claims.done(file.getFile().toPath());
  }

  @Override
  public void releaseExclusiveReadLockOnCommit(
      GenericFileOperations<File> operations, GenericFile<File> file, Exchange exchange) {
    claims.done(file.getFile().toPath());
  }

  // What an endpoint may set means nothing here.

  @Override
  public void prepareOnStartup(
      GenericFileOperations<File> operations, GenericFileEndpoint<File> endpoint) {}

  @Override
  public void setTimeout(long timeout) {}

  @Override
  public void setCheckInterval(long checkInterval) {}

  @Override
  public void setReadLockLoggingLevel(LoggingLevel readLockLoggingLevel) {}

  @Override
  public void setMarkerFiler(boolean markerFile) {}

  @Override
  public void setDeleteOrphanLockFiles(boolean deleteOrphanLockFiles) {}
}
