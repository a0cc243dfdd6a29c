import { Component, type ReactNode } from 'react';

interface FaultBoundaryProps {
  readonly children: ReactNode;
  /** What stands in place of the children after a fault; `reset` tries them again. */
  readonly fallback: (fault: { readonly error: unknown; readonly reset: () => void }) => ReactNode;
}

interface FaultBoundaryState {
  readonly fault: { readonly error: unknown } | null;
}

/** Keeps a fault in what it surrounds from making the page white. React knows boundaries as classes only. */
export class FaultBoundary extends Component<FaultBoundaryProps, FaultBoundaryState> {
  override state: FaultBoundaryState = { fault: null };

  static getDerivedStateFromError(error: unknown): FaultBoundaryState {
    return { fault: { error } };
  }

  override render(): ReactNode {
    const { fault } = this.state;
    if (fault === null) return this.props.children;
    return this.props.fallback({ error: fault.error, reset: () => this.setState({ fault: null }) });
  }
}
