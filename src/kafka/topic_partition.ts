/** A partition of a topic. */
export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

/** An offset in a partition: that of the next record to read. */
export interface PartitionOffset extends TopicPartition {
  readonly offset: number;
}
