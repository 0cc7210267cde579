/** How many requests have come so far that only read: whoever works in steps takes smaller ones while there are such. */
export interface ReadRequests {
  count: number;
}
