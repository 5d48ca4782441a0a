//! Workflows: what a desktop does by itself when something happens.

use crate::open_enum::open_enum;
use crate::resource::resource;

open_enum! {
    /// Whether one condition is enough.
    ApplyMethod {
        /// One is enough.
        Any = "ANY",
        /// All must hold.
        All = "ALL",
    }
}

open_enum! {
    /// Whose a variable or a set of triggers is.
    VariableType {
        /// Finesse's.
        System = "SYSTEM",
        /// One's own.
        Custom = "CUSTOM",
    }
}

open_enum! {
    /// What an action does.
    WorkflowActionType {
        /// Opens a page.
        BrowserPop = "BROWSER_POP",
        /// Sends a request.
        HttpRequest = "HTTP_REQUEST",
    }
}

resource! {
    /// A workflow.
    Workflow {
        uri: String = "uri",
        /// At most 40 characters, unique.
        name: String = "name",
        /// At most 128 characters.
        description: String = "description",
        /// `Voice`, or the name of a media routing domain.
        media: String = "media",
        trigger_set: TriggerSet = "TriggerSet",
        condition_set: ConditionSet = "ConditionSet",
        /// When written, only `uri` counts.
        workflow_actions: Vec<WorkflowAction> as "WorkflowAction" = "workflowActions",
    }
}

resource! {
    /// What starts a workflow.
    TriggerSet {
        r#type: VariableType = "type",
        /// CALL_ARRIVES, CALL_ANSWERED, CALL_ENDED and so on; an open set.
        name: String = "name",
        triggers: Vec<Condition> as "Trigger" = "triggers",
    }
}

resource! {
    /// What must hold.
    ConditionSet {
        apply_method: ApplyMethod = "applyMethod",
        /// At most five.
        conditions: Vec<Condition> as "Condition" = "conditions",
    }
}

resource! {
    /// A comparison: a condition, or a trigger.
    Condition {
        variable: Variable = "Variable",
        /// IS_EQUAL, IS_IN_LIST, CONTAINS and so on; an open set.
        comparator: String = "comparator",
        value: String = "value",
    }
}

resource! {
    /// What is compared, or put into an action.
    Variable {
        name: String = "name",
        /// The XPath in the notification, for one's own variables.
        node: String = "node",
        r#type: VariableType = "type",
        /// For trying an action out.
        test_value: String = "testValue",
    }
}

resource! {
    /// An action.
    WorkflowAction {
        uri: String = "uri",
        /// At most 64 characters, unique.
        name: String = "name",
        r#type: WorkflowActionType = "type",
        /// FINESSE_DESKTOP or OTHER.
        handled_by: String = "handledBy",
        params: Vec<Param> as "Param" = "params",
        /// At most five.
        action_variables: Vec<Variable> as "ActionVariable" = "actionVariables",
    }
}

resource! {
    /// One parameter of an action.
    Param {
        name: String = "name",
        value: String = "value",
    }
}

resource! {
    /// A variable that workflows may use.
    SystemVariable {
        name: String = "name",
        node: String = "node",
    }
}
